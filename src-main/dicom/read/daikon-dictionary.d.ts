/** The data dictionary of daikon, of which only the table is used: by group and element in capital hex digits. */
declare module 'daikon/src/dictionary.js' {
  const Dictionary: {
    readonly dict: Readonly<
      Record<string, Readonly<Record<string, readonly [vr: string, keyword: string]>> | undefined>
    >;
  };
  export default Dictionary;
}
