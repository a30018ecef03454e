import pg from "pg";

/** A new database of the server, under a name of the bench; one that is left from an earlier run is dropped. */
export async function ownDatabase(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS "bench_${name}" WITH (FORCE)`);
    await client.query(`CREATE DATABASE "bench_${name}"`);
  } finally {
    await client.end();
  }
  const address = new URL(url);
  address.pathname = `/bench_${name}`;
  return address.href;
}
