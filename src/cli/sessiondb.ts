#!/usr/bin/env node
import { run } from "./run.js";

void run("sessiondb", process.argv.slice(2));
