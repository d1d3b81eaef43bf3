/**
 * Starts Node as a user would: the test runner's own `NODE_OPTIONS` would slow every process down and change how one
 * exits. To be followed by a program and its arguments.
 */
export const plainNode = ['env', '-u', 'NODE_OPTIONS', process.execPath] as const;
