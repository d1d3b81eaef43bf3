import { proveHere, scenariosOf } from './prove-here.js';

// A third of the matrix a file, so that they run side by side.
await proveHere((await scenariosOf('fail-closed')).filter((_, i) => i % 3 === 1));
