import { NotFoundError, type SessionDbError } from "../../errors.js";
import { withStores } from "../../migrate/named-stores.js";
import { chainCheck } from "./chain-check.js";
import { type Check, failedLook } from "./check.js";
import { configurationCheck } from "./configuration-check.js";
import { advice, type Finding, type Seen } from "./finding.js";
import { leftoverCheck } from "./leftover-check.js";
import { lockCheck } from "./lock-check.js";
import { migrationCheck } from "./migration-check.js";
import { partitionCheck } from "./partition-check.js";
import { Patient, type PatientOptions } from "./patient.js";
import { permissionCheck } from "./permission-check.js";
import { poolerCheck, serverCheck, standbyCheck } from "./postgres-checks.js";
import { readModelCheck } from "./read-model-check.js";
import { roomCheck } from "./room-check.js";
import { schemaCheck } from "./schema-check.js";
import { secretCheck } from "./secret-check.js";
import { pagesCheck, sqliteVersionCheck, walCheck } from "./sqlite-checks.js";
import { storeCheck } from "./store-check.js";
import { tailCheck } from "./tail-check.js";
import { workspaceCheck } from "./workspace-check.js";

/** In the order in which they are told: what the later ones need first. */
const CHECKS: readonly Check[] = [
  configurationCheck,
  storeCheck,
  lockCheck,
  roomCheck,
  permissionCheck,
  tailCheck,
  leftoverCheck,
  sqliteVersionCheck,
  walCheck,
  pagesCheck,
  serverCheck,
  standbyCheck,
  poolerCheck,
  partitionCheck,
  schemaCheck,
  chainCheck,
  readModelCheck,
  migrationCheck,
  secretCheck,
  workspaceCheck,
];

/** What was seen, and the offset at which it was true; null where the log cannot be read. */
export interface Diagnosis {
  /** The address without a password; null where the configuration cannot be read, which names it. */
  readonly store: string | null;
  readonly offset: number | null;
  readonly findings: readonly Finding[];
}

/** What `fixAll` has done about one finding. */
export interface Fixed {
  readonly check: string;
  readonly code: string;
  /** What was done, or why it could not be done. */
  readonly what: string;
  readonly done: boolean;
}

/**
 * Looks at a store, the configuration that is given, and what lies beside them, and changes nothing. Never rejects for
 * what is wrong with the store: that is what it answers; a check that cannot be done is a finding `unknown`.
 *
 * Reads the whole log three times, in pages: hashes, read models, secrets.
 */
export async function diagnose(options: PatientOptions): Promise<Diagnosis> {
  return withPatient(options, async (patient, seen) => ({
    store: patient.shown,
    offset: await offsetOf(patient),
    findings: seen.map(([check, one]) => findingOf(check, one, patient)),
  }));
}

/**
 * Mends what is safe to mend: each finding with `fixable`. Others are left alone, and nothing is lost: torn bytes are kept
 * in a file, read models are computed anew from the log. What fails is told and does not keep the others from being mended.
 */
export async function fixAll(options: PatientOptions): Promise<Fixed[]> {
  return withPatient(options, async (patient, seen) => {
    await patient.close(); // read-only connections must not be in the way of what writes
    const fixed: Fixed[] = [];
    for (const [check, { code, fix }] of seen) if (fix !== undefined) fixed.push(await fixedBy(check, code, fix));
    return fixed;
  });
}

/** What can be said where the configuration cannot be read: nobody knows which store is meant. */
export function withoutConfiguration(error: SessionDbError): Diagnosis {
  const broken: Seen = {
    code: "unreadable",
    severity: "bad",
    what: error.message,
    why: "no command runs before it is mended: the file may name another store than the default one",
    mend: advice(error.hint ?? "mend the file"),
  };
  const unseen: Seen = {
    code: "not-checked",
    severity: "unknown",
    what: "could not be checked: the configuration says which store it is",
    why: "what could not be looked at may be right or wrong",
    mend: advice("see the check configuration"),
  };
  const findings = [findingOf(configurationCheck.name, broken), findingOf(storeCheck.name, unseen)];
  return { store: null, offset: null, findings };
}

type SeenBy = readonly [check: string, seen: Seen];

async function withPatient<T>(
  options: PatientOptions,
  act: (patient: Patient, seen: readonly SeenBy[]) => Promise<T>,
): Promise<T> {
  const patient = new Patient(options);
  try {
    const seen: SeenBy[] = [];
    for (const check of CHECKS) seen.push(...(await lookedAt(check, patient)));
    return await act(patient, seen);
  } finally {
    await patient.close();
  }
}

/** Where there is no store yet, there is nothing more to look at than that and the configuration. */
async function lookedAt(check: Check, patient: Patient): Promise<SeenBy[]> {
  const needsStore = check !== configurationCheck && check !== storeCheck && check !== permissionCheck;
  if (needsStore && patient.closedBecause instanceof NotFoundError) return [];
  const seen = await check.look(patient).catch((error: unknown) => [failedLook(error, patient)]);
  return seen.map((one) => [check.name, one]);
}

async function offsetOf(patient: Patient): Promise<number | null> {
  if (patient.closedBecause !== undefined) return null;
  return (await patient.log()).tail().then(
    ({ offset }) => offset,
    () => null, // the checks have said why
  );
}

async function fixedBy(check: string, code: string, fix: () => Promise<string>): Promise<Fixed> {
  try {
    return { check, code, what: await fix(), done: true };
  } catch (error) {
    return { check, code, what: error instanceof Error ? error.message : String(error), done: false };
  }
}

/** @param patient whose store the commands that mend it name */
function findingOf(check: string, { code, severity, what, why, mend, fix }: Seen, patient?: Patient): Finding {
  const named = mend === undefined ? null : { ...mend, text: withStores(mend.text, patient?.named ?? {}) };
  return { check, code, severity, what, why: why ?? null, mend: named, fixable: fix !== undefined };
}
