/** What git says of troubles that have one remedy, and the remedy. git is asked to speak English (git-hardening.ts). */
const ADVICE: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /dubious ownership in repository at '([^']+)'/,
    "it belongs to another user; if you trust it, type: git config --global --add safe.directory PATH",
  ],
  [/No space left on device|Disk quota exceeded/i, "make room on the disk, and try again"],
  [/Unable to create '([^']+\.lock)': File exists/, "another git is at work there, or was killed: then remove PATH"],
  [
    /Could not resolve host|Connection (refused|timed out)|Network is unreachable/i,
    "check the network and the address",
  ],
  [
    /Authentication failed|could not read (Username|Password)|Permission denied \(|Host key verification failed/i,
    "log in so that git can do it without asking: a credential helper for https, an agent and a known host for ssh",
  ],
  [
    /Repository not found|does not appear to be a git repository/i,
    "check the address, and that you may read the repository",
  ],
  [/unable to (write|create) file/i, "check that the disk has room, and the rights of its folders"],
  [/Permission denied|Read-only file system/i, "check the rights of the folder that git names"],
  [
    /bad object|object file .* is empty|loose object .* is corrupt|unable to read tree|missing blob/i,
    "the repository is damaged or incomplete: type git fsck in it",
  ],
  [/unknown (option|switch)|is not a git command/i, "git 2.38 or newer is needed; see: git --version"],
  [/transport '[^']*' not allowed/, "git may talk by https, ssh and files only"],
];

/** What to do about a failure of git. @returns undefined where what git says has to speak for itself */
export function gitAdvice(said: string): string | undefined {
  for (const [form, advice] of ADVICE) {
    const found = form.exec(said);
    if (found !== null) return advice.replace("PATH", () => found[1] ?? "it");
  }
  return undefined;
}
