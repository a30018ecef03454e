import v8 from "node:v8";
import vm from "node:vm";

/** Resident bytes above which garbage is collected before V8 would do it by itself. */
const RESIDENT_BYTES = 110 * 1024 * 1024;
/** Old garbage that is let to pile up then; less would cost more time. */
const OLD_BYTES = 7 * 1024 * 1024;

/** Bytes outside of V8's heap, most of them of buffers that nobody holds any more: V8 minds them much later. */
const BUFFER_BYTES = 12 * 1024 * 1024;

/** Both halves of the young part. V8 would double it once more, for some two percent of time. */
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
    const isOldFull = oldBytes() >= afterLast + OLD_BYTES;
    const areBuffersMany = process.memoryUsage().arrayBuffers >= BUFFER_BYTES;
    if ((!isOldFull && !areBuffersMany) || process.memoryUsage.rss() < RESIDENT_BYTES) return;
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
