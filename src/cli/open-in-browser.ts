import { spawn } from "node:child_process";

/** Without a shell, so that nothing in the address is ever a command. @param onFailure gets a sentence for people */
export function openInBrowser(url: string, onFailure: (why: string) => void): void {
  const [command, args] = openerOf(process.platform);
  const child = spawn(command, [...args, url], { stdio: "ignore", detached: true });
  child.once("error", () => onFailure(`${command} is not there to open a browser: open the link yourself`));
  child.unref();
}

function openerOf(platform: NodeJS.Platform): [command: string, args: string[]] {
  if (platform === "darwin") return ["open", []];
  if (platform === "win32") return ["rundll32", ["url.dll,FileProtocolHandler"]];
  return ["xdg-open", []];
}
