import { expect, test } from "vitest";
import { parseExactJson, quoteRoundedNumbers } from "../../src/log/whole-numbers.js";
import { fc } from "../support/fast-check.js";

test("whole numbers that would be rounded become texts, and nothing else changes", () => {
  const json =
    '{"12345678901234567890":[12345678901234567890,-9007199254740993,9007199254740991],"a":"\\"12345678901234567890"}';
  expect(quoteRoundedNumbers(json)).toEqual({
    json: '{"12345678901234567890":["12345678901234567890","-9007199254740993",9007199254740991],"a":"\\"12345678901234567890"}',
    numbers: ["12345678901234567890", "-9007199254740993"],
  });
});

test("numbers with a fraction or an exponent stay numbers", () => {
  const json = "[0.12345678901234567890,1234567890123456.5,1e21,12345678901234567890e0]";
  expect(quoteRoundedNumbers(json)).toEqual({ json, numbers: [] });
});

test("what JSON.stringify writes is taken as it is", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(quoteRoundedNumbers(json)).toEqual({ json, numbers: [] });
      expect(parseExactJson(json)).toEqual(JSON.parse(json));
    }),
  );
  expect(parseExactJson("[9007199254740992,100000000000000000000]")).toEqual([2 ** 53, 1e20]);
});

test("no digit of a whole number is lost", () => {
  fc.assert(
    fc.property(fc.bigInt(), (whole) => {
      const [read] = JSON.parse(quoteRoundedNumbers(`[${whole}]`).json) as [string | number];
      expect(BigInt(read)).toBe(whole);
    }),
  );
});

test("who can be asked is asked to write text", () => {
  expect(() => parseExactJson('{"id":12345678901234567890}')).toThrow('write it as text, "12345678901234567890"');
  expect(() => parseExactJson("{")).toThrow(SyntaxError);
});
