import { devNull } from "node:os";

type Env = Readonly<Record<string, string | undefined>>;

/** What git may talk to. `ext::` and every other remote helper run commands, `git:` and `http:` are not protected. */
export const PROTOCOLS = ["file", "https", "ssh"] as const;

/**
 * Options before every command. A repository's own configuration names programs that git runs (a plain `git status` runs
 * core.fsmonitor), and options of the command line win over it.
 */
const CONFIG: readonly string[] = [
  "core.fsmonitor=false",
  `core.hooksPath=${devNull}`,
  "core.pager=cat",
  "core.askPass=",
  "core.alternateRefsCommand=true", // the program that does nothing: without a name git complains
  "diff.external=",
  "log.showSignature=false",
  "push.gpgSign=false",
  "submodule.recurse=false",
  "fetch.recurseSubmodules=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "protocol.allow=never",
  ...PROTOCOLS.map((protocol) => `protocol.${protocol}.allow=always`),
  "protocol.ext.allow=never",
];

/** For a push to a folder of this machine: git starts it with a shell, and without the options above. */
export const QUIET_RECEIVE_PACK = [
  "git",
  `-c core.hooksPath=${devNull} -c core.fsmonitor=false -c core.alternateRefsCommand=true`,
  "-c receive.denyCurrentBranch=refuse -c receive.autogc=false receive-pack",
].join(" ");

/** Variables that git and what it starts (ssh, credential helpers) may see. Not GIT_DIR and the like: a hook sets them. */
const PASSED_ON = [
  "PATH HOME USER LOGNAME TMPDIR TEMP TMP SystemRoot USERPROFILE APPDATA LOCALAPPDATA XDG_CONFIG_HOME XDG_RUNTIME_DIR",
  "SSH_AUTH_SOCK DBUS_SESSION_BUS_ADDRESS KRB5CCNAME SSL_CERT_FILE SSL_CERT_DIR GIT_SSL_CAINFO",
  "https_proxy HTTPS_PROXY no_proxy NO_PROXY all_proxy ALL_PROXY GIT_CONFIG_GLOBAL GIT_SSH_COMMAND EMAIL",
  "GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE",
].flatMap((line) => line.split(" "));

/** What simple-git lets through to git. */
export const GIT_VARIABLES = [
  ...PASSED_ON,
  ..."GIT_CONFIG_NOSYSTEM GIT_ATTR_NOSYSTEM GIT_TERMINAL_PROMPT GIT_OPTIONAL_LOCKS GIT_ALLOW_PROTOCOL".split(" "),
  ..."GIT_PROTOCOL_FROM_USER GIT_NO_LAZY_FETCH GIT_CEILING_DIRECTORIES GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE".split(" "),
];

export function hardOptions(): string[] {
  return [...CONFIG.flatMap((setting) => ["-c", setting]), "--no-pager", "--no-optional-locks", "--literal-pathspecs"];
}

/**
 * No prompts, no translated messages, no configuration of the system. The list of protocols stands here once more: no
 * repository's `protocol.ext.allow` can add to it.
 *
 * @param remote false: git may not talk to any other repository, not even to fetch what a partial clone is missing
 */
export function hardEnvironment(env: Env, remote: boolean): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name] as string] as const]));
  return {
    // Also beats a repository's core.sshCommand. Without a terminal to ask at, ssh must not wait for an answer.
    GIT_SSH_COMMAND: "ssh -oBatchMode=yes",
    ...Object.fromEntries(passed),
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_PROTOCOL_FROM_USER: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: remote ? PROTOCOLS.join(":") : "none",
  };
}
