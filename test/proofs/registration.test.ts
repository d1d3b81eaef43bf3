import { proveHere, scenariosOf } from './prove-here.js';

await proveHere(await scenariosOf('registration'));
