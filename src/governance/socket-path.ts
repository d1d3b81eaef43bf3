/**
 * Where the runtime of an instance listens: what was asked for, else `AEGIS_RUNTIME_SOCKET`, else its place under
 * /run/aegis. The runtime itself goes by the same rule.
 */
export function runtimeSocketPath(
  options: { socketPath?: string | undefined; instance?: string | undefined } = {},
): string {
  return (
    options.socketPath ??
    process.env['AEGIS_RUNTIME_SOCKET'] ??
    `/run/aegis/${options.instance ?? 'default'}/runtime.sock`
  );
}
