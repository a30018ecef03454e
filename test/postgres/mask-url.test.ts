import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { maskCause, maskText, maskUrl } from "../../src/log/mask-url.js";

describe("passwords in addresses", () => {
  test.each([
    ["postgres://ada:hunter2@db:5432/app?schema=s", "postgres://ada:***@db:5432/app?schema=s"],
    ["postgres://ada:hun%40ter2@db/app", "postgres://ada:***@db/app"],
    ["postgres://ada:hunter2@hunter2/hunter2 @db/app", "postgres://ada:***@db/app"],
    ["postgres://ada:hunter2/hunter2@db/app", "postgres://ada:***@db/app"],
    ["postgres://:hunter2@db/app", "postgres://:***@db/app"],
    ["postgres://db/app?user=ada&password=hunter2&schema=s", "postgres://db/app?user=ada&password=***&schema=s"],
    ["postgres:ada:hunter2@db/app", "postgres:ada:***@db/app"],
    ["postgresql:/ada:hunter2:hunter2@db/app", "postgresql:/ada:***@db/app"],
    ["host=db user=ada password=hunter2 dbname=app", "host=db user=ada password=*** dbname=app"],
    ["host=db password = 'hunter2 \\' hunter2' dbname=app", "host=db password = *** dbname=app"],
  ])("%s", (url, masked) => {
    expect(maskUrl(url)).toBe(masked);
    expect(maskText(`cannot open ${url.replaceAll(" @", "@")}`)).not.toContain("hunter2");
  });

  test.each([
    ["ada:hunter2:hunter2@db/app", "ada:***@db/app"],
    ["//ada:hunter2@db/app", "//ada:***@db/app"],
    ["mysql:ada:hunter2@db/app", "mysql:***@db/app"],
  ])("%s, which is no address, is masked all the same", (url, masked) => {
    expect(maskUrl(url)).toBe(masked);
  });

  test.each([
    "postgres://ada@db:5432/app?schema=s",
    "postgres://db:5432/app?application_name=a@b",
    "postgres:///app?host=/var/run/postgresql",
    "sqlite:/home/ada/s.db",
    "sqlite:C:/a@b/s.db",
    "jsonl:./ada:hunter@home/s.jsonl",
  ])("%s has none and stays as it is", (url) => {
    expect(maskUrl(url)).toBe(url);
  });
});

describe("causes of errors", () => {
  test("one that quotes no password is kept", () => {
    const error = Object.assign(new Error("connection refused"), { code: "ECONNREFUSED" });
    expect(maskCause(error)).toBe(error);
  });

  test("one that quotes a password in any of its texts is replaced", () => {
    const quoting = [
      new Error("cannot read postgres://ada:hunter2@db/app"),
      Object.assign(new Error("Invalid URL"), { code: "ERR_INVALID_URL", input: "postgres://ada:hunter2@db:x/app" }),
    ];
    for (const error of quoting) expect(inspect(maskCause(error), { depth: 9 })).not.toContain("hunter2");
    expect(maskCause(quoting[1])).toMatchObject({ code: "ERR_INVALID_URL", message: "Invalid URL" });
  });
});
