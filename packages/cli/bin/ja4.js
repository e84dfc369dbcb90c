#!/usr/bin/env node
import { runOnNode24 } from './node-24.js';
import { quickenStart } from './quick-start.js';

await runOnNode24(new URL('../src/main.ts', import.meta.url), quickenStart);
