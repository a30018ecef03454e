import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { loadConfig } from "../../src/config/layers.js";
import { configuredStore } from "../../src/session/configured-store.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const composeText = readFileSync(join(ROOT, "examples/docker-compose.yml"), "utf8");
const env = Object.fromEntries(
  readFileSync(join(ROOT, "examples/.env.example"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
);

/** The part of the Compose specification that the file uses; strict, so that a misspelt key is found. */
const service = z.strictObject({
  image: z.string().regex(/^[a-z0-9./-]+:[\w.-]+$/),
  restart: z.enum(["no", "always", "on-failure", "unless-stopped"]),
  profiles: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/)),
  volumes: z.array(z.string().regex(/^[a-z-]+:\/[\w/]+$/)),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.literal("CMD-SHELL"), z.string()]),
      interval: z.string().regex(/^\d+s$/),
      timeout: z.string().regex(/^\d+s$/),
      retries: z.int().positive(),
      start_period: z.string().regex(/^\d+s$/),
    })
    .optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal("service_healthy") })).optional(),
});
const compose = z
  .strictObject({
    name: z.string(),
    services: z.strictObject({ postgres: service, pgadmin: service }),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(parse(composeText));

/** `${NAME}`, `${NAME:-default}` and `${NAME:?message}` with the values of .env.example. */
function interpolated(text: string): string {
  return text.replace(/\$\{([A-Z_]+)(?::[-?][^}]*)?\}/g, (_all, name: string) => env[name] ?? "");
}

test("every variable of the compose file stands in .env.example, and the others there are read by the program", () => {
  const used = [...composeText.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name as string);
  for (const name of used) expect(env).toHaveProperty(name);
  const source = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(ROOT, "src", name), "utf8"))
    .join("\n");
  for (const name of Object.keys(env).filter((one) => !used.includes(one))) expect(source, name).toContain(name);
});

test("what the program reads leads to the server that the compose file starts", () => {
  const { environment, ports } = compose.services.postgres;
  const config = loadConfig({ env: { SESSIONDB_STORE: env.SESSIONDB_STORE ?? "" } });
  const { hostname, port, username, password, pathname } = new URL(configuredStore(config).url);
  expect(ports).toEqual([`${hostname}:${port}:5432`]);
  expect(port).toBe("5433");
  expect(username).toBe(environment.POSTGRES_USER);
  expect(password).toBe(interpolated(environment.POSTGRES_PASSWORD ?? ""));
  expect(pathname).toBe(`/${environment.POSTGRES_DB}`);
});

test("the server has a health check and keeps its data; pgAdmin is started only where it is asked for", () => {
  const { postgres, pgadmin } = compose.services;
  expect(postgres.healthcheck?.test[1]).toBe(
    `pg_isready -U ${postgres.environment.POSTGRES_USER} -d ${postgres.environment.POSTGRES_DB}`,
  );
  expect(postgres.profiles).toBeUndefined();
  expect(pgadmin.profiles).toEqual(["pgadmin"]);
  expect(pgadmin.depends_on).toEqual({ postgres: { condition: "service_healthy" } });
  const kept = [...postgres.volumes, ...pgadmin.volumes].map((volume) => volume.split(":")[0]);
  expect(kept.sort()).toEqual(Object.keys(compose.volumes).sort());
});
