/** Where the training of a model keeps its checkpoint: beside the file that the model will become. */
export function checkpointPath(model: string): string {
  return `${model}.checkpoint`;
}
