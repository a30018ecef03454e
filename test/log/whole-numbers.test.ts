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

test("what JSON.stringify writes of safe values stays as it is", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      const { numbers } = quoteLargeNumbers(json);
      expect(parseExactJson(json)).toEqual(JSON.parse(json));
      expect(numbers).toEqual([]);
    }),
  );
});

test("who can be asked is asked to write text", () => {
  expect(() => parseExactJson('{"id":12345678901234567890}')).toThrow('write it as text, "12345678901234567890"');
  expect(() => parseExactJson("{")).toThrow(SyntaxError);
});
