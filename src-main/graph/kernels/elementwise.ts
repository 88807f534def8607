import * as tf from '@tensorflow/tfjs-core';
import { constant, constantData, record, scalar } from '../tracer.js';
import type { ElementType, Value } from '../value.js';
import { type Call, kernel, unsupported } from './register.js';

/** tfjs kernel -> ONNX operator of one input and the same shape. */
const UNARY: Readonly<Record<string, string>> = {
  Abs: 'Abs',
  Ceil: 'Ceil',
  Cos: 'Cos',
  Elu: 'Elu',
  Erf: 'Erf',
  Exp: 'Exp',
  Floor: 'Floor',
  Log: 'Log',
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
  Round: 'Round',
  Selu: 'Selu',
  Sigmoid: 'Sigmoid',
  Sign: 'Sign',
  Sin: 'Sin',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tanh: 'Tanh',
};

const BINARY: Readonly<Record<string, string>> = {
  Add: 'Add',
  Maximum: 'Max',
  Minimum: 'Min',
  Multiply: 'Mul',
  Pow: 'Pow',
  RealDiv: 'Div',
  Sub: 'Sub',
};

const COMPARISON: Readonly<Record<string, string>> = {
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
};

/** Records an elementwise operation with the broadcasting of tfjs, which is that of ONNX. */
export function elementwise(
  type: string,
  inputs: readonly Value[],
  resultType: ElementType = inputs[0].type,
): Value {
  const shape = inputs.reduce<number[]>(
    (result, input) => tf.backend_util.assertAndGetBroadcastShape(result, [...input.shape]),
    [],
  );
  return record({ op: 'elementwise', type }, inputs, shape, resultType);
}

/** The same elements as another type; constants are converted at once. */
export function cast(value: Value, type: ElementType): Value {
  // A new record even where nothing changes: tfjs doubles a gradient when a kernel hands back its own input.
  if (value.source.kind === 'constant' && value.type !== type) {
    const numbers = Array.from(value.source.data, (x) => (type === 'bool' ? Number(x !== 0) : Math.trunc(x)));
    return constant(constantData(type === 'float32' ? value.source.data : numbers, type), value.shape);
  }
  return record({ op: 'cast' }, [value], value.shape, type);
}

/** `a > 0 ? a : otherwise`-like choices. */
function select(condition: Value, whenTrue: Value, whenFalse: Value): Value {
  return elementwise('Where', [condition, whenTrue, whenFalse], whenTrue.type);
}

for (const [name, type] of Object.entries(UNARY))
  kernel(name, (call) => elementwise(type, [call.input('x')]));
for (const [name, type] of Object.entries(BINARY))
  kernel(name, (call) => elementwise(type, [call.input('a'), call.input('b')]));
for (const [name, type] of Object.entries(COMPARISON))
  kernel(name, (call) => elementwise(type, [call.input('a'), call.input('b')], 'bool'));

kernel('NotEqual', (call) =>
  elementwise('Not', [elementwise('Equal', [call.input('a'), call.input('b')], 'bool')]),
);
kernel('LogicalNot', (call) => elementwise('Not', [call.input('x')]));
kernel('IsNan', (call) => elementwise('IsNaN', [call.input('x')], 'bool'));
kernel('Select', (call) => select(call.input('condition'), call.input('t'), call.input('e')));
kernel('Square', (call) => elementwise('Mul', [call.input('x'), call.input('x')]));
kernel('SquaredDifference', (call) => {
  const difference = elementwise('Sub', [call.input('a'), call.input('b')]);
  return elementwise('Mul', [difference, difference]);
});
kernel('Rsqrt', (call) => elementwise('Div', [scalar(1), elementwise('Sqrt', [call.input('x')])]));
kernel('Expm1', (call) => elementwise('Sub', [elementwise('Exp', [call.input('x')]), scalar(1)]));
kernel('Log1p', (call) => elementwise('Log', [elementwise('Add', [call.input('x'), scalar(1)])]));
kernel('Relu6', (call) => elementwise('Clip', [call.input('x'), scalar(0), scalar(6)]));
kernel('ClipByValue', (call) =>
  elementwise('Clip', [
    call.input('x'),
    scalar(call.number('clipValueMin')),
    scalar(call.number('clipValueMax')),
  ]),
);
/** 1 where x > 0, else alpha, which is 0 but for the gradient of abs. */
kernel('Step', (call) => {
  const x = call.input('x');
  const alpha = call.number('alpha', 0);
  if (alpha === 0) return elementwise('Step', [x]);
  return select(elementwise('Greater', [x, scalar(0)], 'bool'), scalar(1), scalar(alpha));
});
kernel('LeakyRelu', (call) => {
  const x = call.input('x');
  return record({ op: 'elementwise', type: 'LeakyRelu', alpha: call.number('alpha', 0.2) }, [x], x.shape);
});
kernel('Prelu', (call) => {
  const x = call.input('x');
  return select(
    elementwise('GreaterOrEqual', [x, scalar(0)], 'bool'),
    x,
    elementwise('Mul', [x, call.input('alpha')]),
  );
});
/** dy where y >= 0, else dy (y + 1): the derivative of elu in terms of its output. */
kernel('EluGrad', (call) => {
  const dy = call.input('dy');
  const y = call.input('y');
  const slope = elementwise('Add', [y, scalar(1)]);
  return select(elementwise('GreaterOrEqual', [y, scalar(0)], 'bool'), dy, elementwise('Mul', [dy, slope]));
});
kernel('FloorDiv', (call) => floorDivide(call.input('a'), call.input('b')));
/** The sign of the divisor, as in Python. */
kernel('Mod', (call) => {
  const [a, b] = [call.input('a'), call.input('b')];
  return elementwise('Sub', [a, elementwise('Mul', [floorDivide(a, b), b])]);
});
kernel('AddN', (call) => call.inputs.reduce((sum, input) => elementwise('Add', [sum, input])));
kernel('Identity', (call) => cast(call.input('x'), call.input('x').type));
kernel('Cast', (call) => cast(call.input('x'), castType(call)));
kernel('ZerosLike', (call) => filled(call.input('x'), 0));
kernel('OnesLike', (call) => filled(call.input('x'), 1));
kernel('Fill', (call) => {
  const type = call.text('dtype') === 'int32' ? 'int32' : 'float32';
  return record({ op: 'fill', value: call.number('value') }, [], call.numbers('shape'), type);
});

function floorDivide(a: Value, b: Value): Value {
  return elementwise('Floor', [elementwise('Div', [a, b])]);
}

function filled(like: Value, value: number): Value {
  return record({ op: 'fill', value }, [], like.shape, like.type);
}

function castType(call: Call): ElementType {
  const type = call.text('dtype');
  if (type === 'float32' || type === 'int32' || type === 'bool') return type;
  throw unsupported('Cast', 'cast');
}
