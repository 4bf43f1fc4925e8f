/** Seed of this run's random samples, new each time. `FC_SEED` repeats a run: failures name the seed. */
export function sampleSeed(): number {
  const given = Number(process.env['FC_SEED']);
  return Number.isInteger(given) && given !== 0 ? given : Date.now() % 0x7fffffff;
}
