/** What a browser without a ticket sees. Says nothing about the store. @param message plain text of ours */
export function lockedPage(message: string, hint: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>sessiondb: locked</title>
<meta name="viewport" content="width=device-width">
<h1>Locked</h1><p>${message}.</p><p>What to do: ${hint}.</p><p><a href="">Try again</a></p></html>`;
}
