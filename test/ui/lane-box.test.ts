import { expect, test } from "vitest";
import { laneBox } from "../../src/ui/timeline/lane-box.js";
import { OffsetScale } from "../../src/ui/timeline/scale.js";

test.each([1, 2, 7, 50])("in a log of %i events the box of an event stands at the line of that event", (events) => {
  const scale = new OffsetScale(1, events, 950);
  for (const offset of [1, events]) {
    const { left, wide } = laneBox(scale, offset, 1);
    expect(left + wide / 2).toBeCloseTo(scale.middleOf(offset));
  }
});

test("the box of many events begins no further left than they do, and can be seen", () => {
  const scale = new OffsetScale(1, 100_000, 300);
  expect(laneBox(scale, 50_001, 334)).toEqual({ left: scale.leftOf(50_001), wide: 3 });
});
