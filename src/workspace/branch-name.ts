import { UsageError } from "../errors.js";

const MAX_BYTES = 200;
/** What git forbids in the name of a ref: control characters, a space, `~ ^ : ? * [ \`, `..`, `@{`, `//`. */
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp} ~^:?*[\\]|\.\.|@\{|\/\//u;
/** Of each part between slashes. */
const BAD_PART = /^\.|\.lock$/i;

/** The rules of `git check-ref-format --branch`, and no leading `-`, which would be an option. */
export function isBranchName(name: string): boolean {
  if (name === "" || name === "@" || name.toUpperCase() === "HEAD" || Buffer.byteLength(name) > MAX_BYTES) return false;
  if (FORBIDDEN.test(name) || /^[-/]|[/.]$/.test(name)) return false;
  return !name.split("/").some((part) => BAD_PART.test(part));
}

/** A branch is not merged into itself, and its own commits are not pushed over it. @throws UsageError BRANCH_INVALID */
export function assertOther(branch: string, base: string): void {
  if (branch !== base) return;
  throw new UsageError("BRANCH_INVALID", `${base} is the branch of the pull request and what it is merged into`, {
    hint: "name another with --base, or set prBranch of the session to another: --set prBranch=pr/…",
  });
}

/** @throws UsageError BRANCH_INVALID */
export function assertBranchName(name: string): void {
  if (isBranchName(name)) return;
  const shown = JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
  throw new UsageError("BRANCH_INVALID", `${shown} is no name for a branch`, {
    hint: `take up to ${MAX_BYTES} bytes of letters, digits, - _ . # /, such as --branch auth-refactor`,
  });
}
