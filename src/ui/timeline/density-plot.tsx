import { useCallback, useRef, useState } from "preact/hooks";
import type { DensityBucket } from "../../inspect/timeline/density.js";
import type { DensityAnswer } from "../../ui-server/answers.js";
import { colourOf, INKS, theme } from "../colours.js";
import { number } from "../format.js";
import { go } from "../place.js";
import { goTo } from "../walk.js";
import { Canvas, type Draw } from "./canvas.js";
import { OffsetScale } from "./scale.js";

const HEIGHT = 76;
/** The part of the height that the slowest stretch has. */
const LEAST = 0.22;
/** A hand that moves less has clicked. */
const CLICK_PX = 4;

interface DensityPlotProps {
  readonly density: DensityAnswer;
  readonly at: number;
}

/**
 * Where what happened: colours are shares, and the height is how fast events came (in a logarithm, for bursts are thousands
 * of times as fast as nights). What the filter hides is grey. A click goes there, dragging looks closer.
 */
export function DensityPlot({ density, at }: DensityPlotProps) {
  const [width, setWidth] = useState(0);
  const [drag, setDrag] = useState<{ from: number; to: number } | undefined>(undefined);
  const box = useRef<HTMLDivElement>(null);
  const ink = INKS[theme.value];
  const scale = new OffsetScale(density.from, density.to, width);
  const draw = useCallback<Draw>((context) => drawBuckets(context, density, scale, at, ink), [density, width, at, ink]);
  const xOf = (event: PointerEvent) => event.clientX - (box.current?.getBoundingClientRect().left ?? 0);
  const end = (event: PointerEvent) => {
    if (drag === undefined) return;
    setDrag(undefined);
    if (Math.abs(drag.to - drag.from) < CLICK_PX) return goTo(scale.offsetAt(xOf(event)));
    const [from, to] = [drag.from, drag.to].sort((a, b) => a - b) as [number, number];
    go({ from: scale.offsetAt(from), to: scale.offsetAt(to) });
  };
  return (
    <div
      ref={box}
      class="density"
      onPointerDown={(event) => {
        box.current?.setPointerCapture(event.pointerId);
        setDrag({ from: xOf(event), to: xOf(event) });
      }}
      onPointerMove={(event) => drag !== undefined && setDrag({ ...drag, to: xOf(event) })}
      onPointerUp={end}
      onPointerCancel={() => setDrag(undefined)}
    >
      <Canvas draw={draw} height={HEIGHT} label={describe(density)} onWidth={setWidth} />
      {drag !== undefined && Math.abs(drag.to - drag.from) >= CLICK_PX && (
        <div
          class="selection"
          style={{ left: `${Math.min(drag.from, drag.to)}px`, width: `${Math.abs(drag.to - drag.from)}px` }}
        />
      )}
    </div>
  );
}

type Ink = (typeof INKS)["light"];

function drawBuckets(
  context: CanvasRenderingContext2D,
  density: DensityAnswer,
  scale: OffsetScale,
  at: number,
  ink: Ink,
): void {
  const heights = heightsOf(density.buckets);
  for (const [i, bucket] of density.buckets.entries()) {
    const [left, right] = [scale.leftOf(bucket.from), scale.leftOf(bucket.to + 1)];
    const gap = right - left > 4 ? 1 : 0;
    const tall = (heights[i] as number) * (HEIGHT - 4);
    const total = bucket.to - bucket.from + 1;
    context.globalAlpha = bucket.from > at ? 0.35 : 1;
    let bottom = HEIGHT;
    const bar = (events: number, colour: string) => {
      const part = (events / total) * tall;
      context.fillStyle = colour;
      context.fillRect(left, bottom - part, Math.max(1, right - left - gap), part);
      bottom -= part;
    };
    for (const [group, events] of bucket.counts.entries()) {
      if (events > 0) bar(events, colourOf(density.groups[group] as string | null, density.by));
    }
    if (bucket.hidden > 0) bar(bucket.hidden, ink.faint);
  }
  context.globalAlpha = 1;
  if (at < scale.from || at > scale.to) return;
  context.fillStyle = ink.accent;
  context.fillRect(scale.middleOf(at) - 1, 0, 2, HEIGHT);
}

function heightsOf(buckets: readonly DensityBucket[]): number[] {
  const rates = buckets.map(({ from, to, began, ended }) => {
    const seconds = Math.max(1, (Date.parse(ended) - Date.parse(began)) / 1_000);
    return Math.log((to - from + 1) / seconds);
  });
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  if (most - least < 1e-9) return rates.map(() => 0.7);
  return rates.map((rate) => LEAST + (1 - LEAST) * ((rate - least) / (most - least)));
}

function describe({ from, to, matched, hidden, groups }: DensityAnswer): string {
  const names = groups.map((name) => name ?? "others").join(", ");
  return `events ${from} to ${to}: ${number(matched)} shown, ${number(hidden)} hidden by the filter; ${names}`;
}
