import { expect, test } from "vitest";
import { errorCategory } from "../src/error-category.js";
import {
  AppendOutcomeUnknownError,
  ChainBreakError,
  ClosedError,
  ConflictError,
  DivergedError,
  IntegrityError,
  InvalidEventError,
  NotFoundError,
  RefusedError,
  StorageError,
  UnavailableError,
  UsageError,
} from "../src/errors.js";

test.each([
  ["configuration", new UsageError("BACKEND_UNKNOWN", "")],
  ["configuration", new UsageError("CONNECTION_STRING_MISSING", "")],
  ["configuration", new RefusedError("CONFIG_SECRET_IN_REPOSITORY", "")],
  ["configuration", new UsageError("STORE_URL_INVALID", "")],
  ["configuration", new UsageError("STORAGE_CONFIG_INVALID", "")],
  ["storage", new UnavailableError("SERVER_UNREACHABLE", "")],
  ["storage", new UsageError("PERMISSION_DENIED", "")],
  ["storage", new UsageError("AUTH_FAILED", "")],
  ["storage", new StorageError("DISK_FULL", "")],
  ["storage", new StorageError("CONFIG_WRITE_FAILED", "")],
  ["storage", new ClosedError("append")],
  ["storage", new AppendOutcomeUnknownError([], undefined)],
  ["data", new InvalidEventError("DATA_NOT_JSON", "", "")],
  ["data", new IntegrityError("CHAIN_BROKEN", "")],
  ["data", new NotFoundError("SESSION_NOT_FOUND", "")],
  ["data", new ConflictError("s", 1, 2)],
  ["data", new UsageError("SESSION_RECORD_INVALID", "")],
  ["data", new RefusedError("SECRET_REFUSED", "")],
  ["migration", new DivergedError("", 3)],
  ["migration", new ChainBreakError("", 3)],
  ["migration", new UsageError("TARGET_IS_SOURCE", "")],
  ["migration", new UsageError("IMPORT_LAYOUT_UNKNOWN", "")],
  [undefined, new TypeError("a mistake")],
  [undefined, "no error"],
])("%s: %s", (category, error) => {
  expect(errorCategory(error)).toBe(category);
});
