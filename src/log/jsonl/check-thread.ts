/** Runs in a thread of its own, started by PartThread: checks shares of a log, says what part of it is right, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { Shares } from "../shares.js";
import { checkShares } from "./check-shares.js";
import { type FileCalls, SYSTEM_FILE_CALLS } from "./file-calls.js";
import { JsonlReader } from "./jsonl-reader.js";
import { JsonlStore } from "./jsonl-store.js";
import { LogFile } from "./log-file.js";
import type { PartThreadData } from "./part-thread.js";

/** At once: nothing else is to be done here meanwhile, and a trip to the thread pool takes longer than most reads. */
const calls: FileCalls = { ...SYSTEM_FILE_CALLS, read: async (...place) => SYSTEM_FILE_CALLS.readNow(...place) };

const { path, shares } = workerData as PartThreadData;
const store = new JsonlStore(new LogFile(path, calls));
parentPort?.postMessage(await checkShares(new JsonlReader(store), new Shares(shares)));
await store.close();
