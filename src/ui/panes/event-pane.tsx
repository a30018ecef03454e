import type { ComponentChildren } from "preact";
import type { EventAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { size, visible } from "../format.js";
import { at, hello } from "../live.js";
import { Actor } from "../parts/actor.js";
import { ChainUpTo } from "../parts/chain-up-to.js";
import { FailureNotice, Notice } from "../parts/notice.js";
import { TypeTag } from "../parts/type-tag.js";
import { StoredText } from "../parts/value.js";
import { Waiting } from "../parts/waiting.js";
import { When } from "../parts/when.js";
import { go } from "../place.js";
import { useChain } from "../use-chain.js";
import { pinBase } from "../walk.js";
import { askRevert } from "./revert-dialog.js";
import { usePaneJson } from "./use-pane-json.js";

/** Everything about one event, and whether it is as it was sealed. */
export function EventPane() {
  const { data, failure } = useAnswer<EventAnswer>(at.value === 0 ? undefined : address("event", { at: at.value }));
  const chain = useChain();
  usePaneJson(data);
  if (at.value === 0) return <Notice title="Offset 0 is before the first event." />;
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <Waiting />;
  const { event, item, prevHash, dataHash, chainOk, lineBytes } = data;
  const meta = event.meta as Record<string, unknown>;
  return (
    <div class="inspector">
      <p class={`seal ${chainOk ? "ok" : "bad"}`}>
        {chainOk
          ? "✓ verified: its hash is what its content and the event before it give"
          : "✖ NOT as it was sealed: run sessiondb verify"}
      </p>
      {chain.data !== undefined && <ChainUpTo chain={chain.data} offset={item.offset} hash={String(event.hash)} />}
      <dl class="facts">
        <Field name="offset">{item.offset}</Field>
        <Field name="stream">
          {visible(item.stream)} v{item.version}
        </Field>
        <Field name="type">
          <TypeTag type={item.type} actor={item.actor} />
        </Field>
        <Field name="actor">
          <Actor name={item.actor} />
        </Field>
        <Field name="recorded">
          <When iso={item.time} withDay /> <span class="faint">{item.time}</span>
        </Field>
        {Object.entries(meta).map(([name, value]) => (
          <Field key={name} name={visible(name)}>
            <StoredText text={typeof value === "string" ? value : JSON.stringify(value)} />
          </Field>
        ))}
        <Field name="id">
          <code>{String(event.id)}</code>
        </Field>
        <Field name="hash">
          <code class="hash">{String(event.hash)}</code>
        </Field>
        <Field name="hash before">
          <code class="hash">{prevHash}</code>
        </Field>
        <Field name="data hash">
          <code class="hash">{dataHash}</code>
        </Field>
        <Field name="size">{size(lineBytes)} as a line of a JSONL log</Field>
      </dl>
      <Acts item={item} />
      <h3>{item.patch === undefined ? "Data" : "Patch (RFC 6902)"}</h3>
      {item.redacted === true ? <p class="foot">Its data was erased; the chain still holds.</p> : <Data item={item} />}
    </div>
  );
}

function Data({ item }: { item: EventAnswer["item"] }) {
  return (
    <pre class="data" tabIndex={0}>
      <StoredText text={JSON.stringify(item.patch ?? item.data, null, 2) ?? ""} most={4_000} />
    </pre>
  );
}

function Acts({ item }: { item: EventAnswer["item"] }) {
  const { session, offset } = item;
  return (
    <p class="acts">
      <button type="button" onClick={() => pinBase(offset)}>
        Pin as base
      </button>
      {session !== null && (
        <button type="button" onClick={() => go({ only: [session], session })}>
          Only this session
        </button>
      )}
      {session !== null && hello.value?.allowWrite === true && (
        <>
          <button type="button" class="danger" onClick={() => askRevert(session, { event: offset })}>
            Revert this event…
          </button>
          <button type="button" class="danger" onClick={() => askRevert(session, { to: offset })}>
            Revert to here…
          </button>
        </>
      )}
    </p>
  );
}

function Field({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
