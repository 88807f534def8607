"""The peer of motion.ts: SimpleITK's Euler transforms, every frame against one of them: by correlation, and by mutual
information where its contrast is another.

motion_sitk.py SERIES.nii REFERENCE [OTHERS], voxels of 3 x 3 x 4 mm; OTHERS are the frames of other contrast, with
commas. Prints matrices by rows and seconds of the processor.
"""
import json
import sys
import time

import numpy
import SimpleITK as sitk

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
series = sitk.GetArrayFromImage(sitk.ReadImage(sys.argv[1], sitk.sitkFloat32))
reference = int(sys.argv[2])
others = [int(frame) for frame in sys.argv[3].split(",")] if len(sys.argv) > 3 else []


def image(frame):
    one = sitk.GetImageFromArray(series[frame])
    one.SetSpacing((3, 3, 4))
    return one


fixed = image(reference)
motions = []
start = time.process_time()
for frame in range(series.shape[0]):
    moving = image(frame)
    centred = sitk.CenteredTransformInitializer(
        fixed, moving, sitk.Euler3DTransform(), sitk.CenteredTransformInitializerFilter.GEOMETRY
    )
    method = sitk.ImageRegistrationMethod()
    if frame in others:
        method.SetMetricAsMattesMutualInformation(32)
    else:
        method.SetMetricAsCorrelation()
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, 200)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(centred, inPlace=False)
    method.SetShrinkFactorsPerLevel([4, 2, 1])
    method.SetSmoothingSigmasPerLevel([2, 1, 1])
    found = method.Execute(fixed, moving)
    origin = numpy.array(found.TransformPoint((0.0, 0.0, 0.0)))
    columns = [numpy.array(found.TransformPoint(unit)) - origin for unit in numpy.eye(3).tolist()]
    rows = [[*(column[k] for column in columns), origin[k]] for k in range(3)]
    motions.append([float(value) for row in rows for value in row] + [0, 0, 0, 1])
print(json.dumps({"motions": motions, "seconds": time.process_time() - start}))
