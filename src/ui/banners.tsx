import { shellWord } from "../log/shell-word.js";
import { number, visible } from "./format.js";
import { hello, isBehindEnd, isLockedOut, lostSince, status, tail } from "./live.js";
import { linkedStore, place } from "./place.js";

/** What has to be known before anything on the page is believed. */
export function Banners() {
  const { trouble, stale, movedTo } = status.value;
  const store = hello.value?.store;
  return (
    <div class="banners" role="status">
      {lostSince.value !== null && isLockedOut.value && (
        <p class="banner">
          <strong>The server of this page was started again,</strong> and does not know this browser yet. What you see
          was true at {lostSince.value}. What to do: open the link that <code>sessiondb ui</code> has printed; then this
          page goes on, too.
        </p>
      )}
      {lostSince.value !== null && !isLockedOut.value && (
        <p class="banner">
          <strong>The server of this page does not answer.</strong> What you see was true at {lostSince.value}. What to
          do: if <code>sessiondb ui</code> was ended, start it again and open its link; else this page comes back by
          itself.
        </p>
      )}
      {trouble !== null && (
        <p class="banner">
          <strong>The store cannot be read since {trouble.since}:</strong> {visible(trouble.message)} ({trouble.code}).
          What to do: {visible(trouble.hint ?? "see that the file or server is there")}. It is tried again all the time.
        </p>
      )}
      {movedTo !== null && (
        <p class="banner past">
          <strong>This log is frozen: it goes on at {visible(movedTo)}.</strong> What you see is all that it ever got.
          What to do: <code>sessiondb ui --store {shellWord(movedTo)}</code>
        </p>
      )}
      {stale !== null && (
        <p class="banner past">
          <strong>The server is away since {stale.awaySince}</strong> ({stale.code}). What you see is the copy on this
          machine, {stale.completeAt === null ? "which may lack events" : `complete at ${stale.completeAt}`}, up to
          event {stale.copiedOffset}; {stale.queued} {stale.queued === 1 ? "append waits" : "appends wait"} behind it
          and may still change. What to do: wait, or <code>sessiondb outbox list</code>.
        </p>
      )}
      {linkedStore.value !== null && store !== undefined && linkedStore.value !== store && (
        <p class="banner">
          <strong>This link is about another store,</strong> {visible(linkedStore.value)}. What you see is{" "}
          {visible(store)}. What to do: <code>sessiondb ui --store …</code> with that one.
        </p>
      )}
      {isBehindEnd.value && (
        <p class="banner">
          <strong>This link is about event {number(place.value.at ?? 0)}, which the log does not have.</strong> What you
          see is its last one, {number(tail.value)}. What to do: look whether this is the right store, or whether it was
          rolled back.
        </p>
      )}
    </div>
  );
}
