import type { JsonlExam } from "../../log/store-exam.js";
import type { Check } from "./check.js";
import { command, ok, type Seen } from "./finding.js";
import type { Patient } from "./patient.js";

/** Whether a JSONL log ends with a whole append. In a database an append is a transaction, and never torn. */
export const tailCheck: Check = {
  name: "tail",
  async look(patient) {
    const exam = await patient.exam();
    if (exam?.kind !== "jsonl" || exam.files().every(({ path }) => path !== exam.path)) return [];
    return [await lookAtEnd(patient, exam)];
  },
};

async function lookAtEnd(patient: Patient, exam: JsonlExam): Promise<Seen> {
  const { sizeBytes, wholeBytes } = await exam.end();
  const torn = sizeBytes - wholeBytes;
  if (torn === 0) return ok("whole", `${sizeBytes} bytes, all of them whole appends`);
  const { held } = await exam.lock();
  if (held) return ok("being-written", `${torn} bytes behind byte ${wholeBytes} are being written by a live process`);
  return {
    code: "torn",
    severity: "bad",
    what: `${torn} bytes behind byte ${wholeBytes} are an append that was never finished`,
    why: "nobody was told that it was stored, and it is not read; the next writer moves it into a file of its own",
    mend: command(`sessiondb doctor --fix${patient.storeOption}`),
    fix: async () => {
      const { notices } = await patient.writing(async () => undefined);
      return notices.join("; ") || "nothing was torn any more";
    },
  };
}
