/** Gives a person a file that the window has made: a browser downloads it, the desktop app asks where to put it. */
export function save(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // the file is read from the address after this call
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
