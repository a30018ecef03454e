import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExactJson, quoteLargeNumbers } from "../../src/log/whole-numbers.js";

test("whole numbers beyond 2^53 become texts, and nothing else changes", () => {
  const json =
    '{"12345678901234567890":[12345678901234567890,-9007199254740993,9007199254740991],"a":"\\"12345678901234567890"}';
  expect(quoteLargeNumbers(json)).toEqual({
    json: '{"12345678901234567890":["12345678901234567890","-9007199254740993",9007199254740991],"a":"\\"12345678901234567890"}',
    numbers: ["12345678901234567890", "-9007199254740993"],
  });
});

test("numbers with a fraction or an exponent stay numbers", () => {
  const json = "[0.12345678901234567890,1234567890123456.5,1e21,12345678901234567890e0]";
  expect(quoteLargeNumbers(json)).toEqual({ json, numbers: [] });
});

test("what JSON.stringify writes is taken as it is", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(parseExactJson(json)).toEqual(JSON.parse(json));
    }),
  );
  expect(parseExactJson("[9007199254740992,100000000000000000000]")).toEqual([2 ** 53, 1e20]);
});

test("without numbers beyond 2^53 a text stays as it is", () => {
  const value = fc.anything({ values: [fc.string({ unit: "binary" }), fc.maxSafeInteger(), fc.boolean()] });
  fc.assert(
    fc.property(value, (given) => {
      const json = JSON.stringify(given) ?? "null";
      expect(quoteLargeNumbers(json)).toEqual({ json, numbers: [] });
    }),
  );
});

test("who can be asked is asked to write text", () => {
  expect(() => parseExactJson('{"id":12345678901234567890}')).toThrow('write it as text, "12345678901234567890"');
  expect(() => parseExactJson("{")).toThrow(SyntaxError);
});
