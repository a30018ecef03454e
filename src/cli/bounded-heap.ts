import v8 from "node:v8";
import vm from "node:vm";

/** Resident bytes above which garbage is collected before V8 would do it by itself. */
const RESIDENT_BYTES = 110 * 1024 * 1024;
/** From here on less is let to pile up: the young part may have grown one step too far (see YOUNG_BYTES). */
const TIGHT_BYTES = 130 * 1024 * 1024;
const TIGHT_SHARE = 0.4;
/** Old garbage that is let to pile up then; less would cost more time. */
const OLD_BYTES = 7 * 1024 * 1024;

/** Bytes outside of V8's heap, most of them of buffers that nobody holds any more: V8 minds them much later. */
const BUFFER_BYTES = 6 * 1024 * 1024;

/**
 * Both halves of the young part. V8 would double it once more, for some two percent of time; with 8 MiB a verification of a
 * million events took 12.5 to 14.5 s of processor time instead of 9.5 to 11.5 (measured on a busy machine). A thread that starts
 * makes V8 forget where to stop, until it is told anew: now and then that is too late.
 */
const YOUNG_BYTES = 16 * 1024 * 1024;
/** The last V8 that is known to have the flag; it complains of those that it does not know. */
const LAST_V8 = 13;

/**
 * Keeps a command small that reads millions of events, of which few are alive at a time: V8 takes memory as long as there
 * is some, up to hundreds of megabytes (246 MiB for a million events, of which 25 were in use, measured). Costs some of the
 * processor time of such a command; one that stays small is left alone.
 *
 * Only what has grown old counts: V8 collects the young part often enough, and for little. (By all that is used, a plan of
 * 300,000 events took 10.3 s of processor time instead of 3.9, measured.)
 *
 * @returns to be called now and then
 */
export function boundedHeap(): () => void {
  let collect: Collect | undefined;
  let afterLast = 0;
  keepYoung();
  return () => {
    keepYoung();
    const residentBytes = process.memoryUsage.rss();
    if (residentBytes < RESIDENT_BYTES) return;
    const share = residentBytes < TIGHT_BYTES ? 1 : TIGHT_SHARE;
    const isOldFull = oldBytes() >= afterLast + OLD_BYTES * share;
    const areBuffersMany = process.memoryUsage().arrayBuffers >= BUFFER_BYTES * share;
    if (!isOldFull && !areBuffersMany) return;
    collect ??= collector();
    // Buffers are young: that costs a tenth of collecting all.
    collect(isOldFull ? undefined : { type: "minor" });
    if (isOldFull) afterLast = oldBytes();
  };
}

/** From a size on the young part does not grow. Said again and again: V8 takes it back whenever a thread is started. */
function keepYoung(): void {
  if (Number.parseInt(process.versions.v8, 10) > LAST_V8) return;
  const young = v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  if (young !== undefined && young.space_size >= YOUNG_BYTES) v8.setFlagsFromString("--semi-space-growth-factor=1");
}

function oldBytes(): number {
  let bytes = 0;
  for (const { space_name, space_used_size } of v8.getHeapSpaceStatistics()) {
    if (space_name === "old_space" || space_name === "large_object_space") bytes += space_used_size;
  }
  return bytes;
}

type Collect = (options?: { readonly type: "minor" }) => void;

/** What `node --expose-gc` gives; a program that is running gets it in a context of its own. */
function collector(): Collect {
  v8.setFlagsFromString("--expose-gc");
  const collect: unknown = vm.runInNewContext("gc");
  return typeof collect === "function" ? (collect as Collect) : () => undefined;
}
