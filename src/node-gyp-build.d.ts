/** The package has no types of its own; this is the part of it that is used. */
declare module 'node-gyp-build' {
  const find: {
    /** The file of the extension built in, or prebuilt for, the package in this folder; throws when there is none. */
    path(folder: string): string;
  };
  export default find;
}
