import fc from 'fast-check';

/** A gate must say the same of the same code every time; `SEED=$RANDOM npm test` looks elsewhere, and a failure names its seed. */
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_121) });
