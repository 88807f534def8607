/** @param server a started `limpid serve` with its output piped @returns the address that it prints, with its token */
export function addressOf(server) {
  return new Promise((resolve, reject) => {
    let said = '';
    server.stdout.on('data', (data) => {
      said += data;
      const url = /http:\/\/\S+/.exec(said)?.[0];
      if (url !== undefined) resolve(url);
    });
    server.once('exit', (code) => reject(new Error(`limpid serve ended with ${code}`)));
  });
}
