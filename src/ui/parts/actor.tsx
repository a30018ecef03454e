import { kindOf, visible } from "../format.js";

/** Who did it: a letter for the kind, so that colour alone says nothing. */
export function Actor({ name }: { name: string }) {
  const kind = kindOf(name);
  const rest = name.includes(":") ? name.slice(name.indexOf(":") + 1) : name;
  return (
    <span class={`actor kind-${/[A-Z]/.test(kind) ? kind : "other"}`} title={visible(name)}>
      <span class="kind" aria-hidden="true">
        {kind}
      </span>
      <span class="visually-hidden">{name.includes(":") ? `${visible(name.slice(0, name.indexOf(":")))} ` : ""}</span>
      <span class="who">{visible(rest)}</span>
    </span>
  );
}
