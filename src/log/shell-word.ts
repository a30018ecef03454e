/** One word of a command that somebody is told to type, for a POSIX shell: also with spaces, quotes or `?` in it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./#-]+$/.test(text) && !text.startsWith("#") ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
