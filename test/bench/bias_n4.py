"""The field by SimpleITK's N4 with its usual settings: IN.nii OUT.raw; prints the seconds of processor time."""

import sys
import time

import SimpleITK as sitk

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
image = sitk.ReadImage(sys.argv[1], sitk.sitkFloat32)
started = time.process_time()
mask = sitk.OtsuThreshold(image, 0, 1, 200)
# Shrunk by 4, as its documentation does, and thin stacks by less: it needs some slices.
factors = [min(4, max(1, size // 16)) for size in image.GetSize()]
n4 = sitk.N4BiasFieldCorrectionImageFilter()
n4.Execute(sitk.Shrink(image, factors), sitk.Shrink(mask, factors))
field = n4.GetLogBiasFieldAsImage(image)
print(time.process_time() - started)
sitk.GetArrayFromImage(field).astype("float32").tofile(sys.argv[2])
