import { run, type KilledRun } from './killed-run';

void run(JSON.parse(process.argv[2] ?? '') as KilledRun);
