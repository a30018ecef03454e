import fc from "fast-check";

/** Of every run, so that only a change turns a test red. `PROPERTY_SEED=random`, or a number, goes where no run has been. */
const SEED = process.env.PROPERTY_SEED ?? "20261123";

if (SEED !== "random") fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(SEED) });

export { fc };
