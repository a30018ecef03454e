import { existsSync, realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expandPath } from "../config/paths.js";
import { NotFoundError, RefusedError, UsageError } from "../errors.js";
import { maskUrl } from "../log/mask-url.js";

export interface RepositoryAddress {
  /** A folder of this machine, or a server. */
  readonly kind: "folder" | "server";
  /** What git is given: an absolute path, or a URL. Never begins with `-`, never names a remote helper. */
  readonly address: string;
  /** As it is recorded: what was written; a folder absolute. */
  readonly repoUrl: string;
  readonly backendType: "local" | "remote" | "github" | "gitlab" | "bitbucket";
}

const MAX_CHARS = 2048;
const HOSTS = { "github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket" } as const;
const NAME = "[A-Za-z0-9_][A-Za-z0-9._-]*";
/** `git@github.com:team/app.git`, as ssh takes it. A host that begins with `-` would be an option of ssh. */
const SCP = new RegExp(`^(?:${NAME}@)?(${NAME}):(?![:/-])(.+)$`);
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
/** Control characters and those that make text look like other text. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Understands `https://…`, `ssh://…`, `user@host:path`, `file:///path` and paths. Everything else that git takes is
 * refused: `ext::` and other helpers run commands, `git:` and `http:` let anybody on the way change what is cloned.
 *
 * @param workdir what a relative path starts at
 * @throws UsageError REPOSITORY_INVALID, RefusedError SECRET_REFUSED for an address with a password, NotFoundError
 *   REPOSITORY_NOT_FOUND where a path leads to no folder
 */
export function parseRepository(text: string, workdir: string): RepositoryAddress {
  if (text === "" || text.length > MAX_CHARS || UNPRINTABLE.test(text) || text.startsWith("-")) throw invalid(text);
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === "https" || scheme === "ssh") return serverUrl(text);
  if (scheme === "file") return folder(filePath(text), text);
  // `name::` selects a remote helper, whatever its name is.
  if (scheme !== undefined || /^[A-Za-z0-9+.-]*::/.test(text)) throw invalid(text);
  const isPath = /^[./~]/.test(text) || /^[A-Za-z]:[\\/]/.test(text) || existsSync(resolve(workdir, text));
  const host = isPath ? undefined : SCP.exec(text)?.[1];
  if (host !== undefined) return { kind: "server", address: text, repoUrl: text, backendType: backendOf(host) };
  return folder(text.startsWith("~") ? expandPath(text) : resolve(workdir, text), undefined);
}

function serverUrl(text: string): RepositoryAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // What URL decodes and git does not, or the other way round, must not differ.
  if (url === undefined || !new RegExp(`^${NAME}$`).test(url.hostname) || /^-|%/.test(url.username))
    throw invalid(text);
  if (url.password !== "" || maskUrl(text) !== text || (url.protocol === "https:" && url.username !== "")) {
    throw new RefusedError(
      "SECRET_REFUSED",
      `the address ${maskUrl(`https://${url.hostname}`)}… holds a user or a password`,
      {
        hint: "leave it out: git asks its credential helper, and the log would keep it for ever",
      },
    );
  }
  if (/^\/*-/.test(url.pathname) || url.pathname === "/" || url.pathname === "") throw invalid(text);
  return { kind: "server", address: text, repoUrl: text, backendType: backendOf(url.hostname) };
}

function backendOf(host: string): RepositoryAddress["backendType"] {
  const known: Readonly<Record<string, RepositoryAddress["backendType"] | undefined>> = HOSTS;
  return (Object.hasOwn(known, host.toLowerCase()) ? known[host.toLowerCase()] : undefined) ?? "remote";
}

function filePath(text: string): string {
  try {
    return fileURLToPath(text);
  } catch {
    throw invalid(text); // another host, or an escaped slash
  }
}

function folder(path: string, written: string | undefined): RepositoryAddress {
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new NotFoundError("REPOSITORY_NOT_FOUND", `there is no folder ${path}`, {
      hint: "give the path or URL of a git repository, or --no-workspace to record the session only",
    });
  }
  const address = realpathSync(path);
  if (UNPRINTABLE.test(address)) throw invalid(address);
  return { kind: "folder", address, repoUrl: written ?? address, backendType: "local" };
}

function invalid(text: string): UsageError {
  const shown = JSON.stringify(maskUrl(text.length > 80 ? `${text.slice(0, 80)}…` : text));
  return new UsageError("REPOSITORY_INVALID", `${shown} is no address of a repository`, {
    hint: "give https://host/path, ssh://host/path, user@host:path, file:///path or the path of a folder",
  });
}
