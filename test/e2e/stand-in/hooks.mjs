const ELECTRON = new URL('./electron.mjs', import.meta.url).href;

export function resolve(specifier, context, next) {
  return specifier === 'electron' ? { url: ELECTRON, shortCircuit: true } : next(specifier, context);
}
