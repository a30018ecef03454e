import pg from "pg";
import { describe, expect, test } from "vitest";
import { translateError } from "../../src/log/sql/postgres/postgres-errors.js";

const URL = "postgres://ada@localhost/postgres";

/** As a server says it whose lc_messages is de_DE.UTF-8, or fr_FR.UTF-8. Which languages the server of a test run has, nobody knows. */
function said(message: string, code: string, routine: string): Error {
  const error = new pg.DatabaseError(message, message.length, "error");
  return Object.assign(error, { severity: "FEHLER", code, routine });
}

describe("what a server says in another language is understood", () => {
  test.each([
    "Relation »s.model_notes_r1_f61b4c89_g1« existiert nicht",
    "la relation « s.model_notes_r1_f61b4c89_g1 » n'existe pas",
    'relation "s.model_notes_r1_f61b4c89_g1" does not exist',
  ])("a table of a read model is gone: %s", (message) => {
    const error = said(message, "42P01", "parserOpenTable");
    expect(translateError(error, URL)).toMatchObject({ code: "READ_MODEL_DAMAGED" });
  });

  test("a table of the log is gone", () => {
    const error = said("Relation »s.events« existiert nicht", "42P01", "parserOpenTable");
    expect(translateError(error, URL)).toMatchObject({ code: "LOG_NOT_FOUND" });
  });

  test("row level security refuses many rows at once", () => {
    const error = said("COPY FROM wird mit Sicherheit auf Zeilenebene nicht unterstützt", "0A000", "DoCopy");
    expect(translateError(error, URL)).toMatchObject({ code: "PERMISSION_DENIED" });
    const other = said("etwas anderes wird nicht unterstützt", "0A000", "ExecInitNode");
    expect(translateError(other, URL)).toMatchObject({ code: "STORAGE_FAILED" });
  });
});
