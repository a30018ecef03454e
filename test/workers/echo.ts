/** For the test of the harness: prints its arguments and a variable, a line each, then waits to be killed. */
for (const arg of process.argv.slice(2)) process.stdout.write(`${arg}\n`);
process.stdout.write(`${process.env.ECHO ?? ""}\nhalf a line`);
setInterval(() => undefined, 1000);
