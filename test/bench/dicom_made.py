"""Makes enhanced images of a classic series, for trying: python converted.py legacy|enhanced SOURCE... OUT.dcm

`legacy` is Legacy Converted Enhanced MR or CT as highdicom makes it. `enhanced` is Enhanced CT: the same image with the
functional groups and modules that its IOD asks for (PS3.3 A.38), values as far as the classic images tell them.
Needs highdicom (0.28 was used) and pydicom.
"""
import sys
from pathlib import Path

import highdicom as hd
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

kind, *sources, out = sys.argv[1:]
files = [file for one in sources for file in (sorted(Path(one).iterdir()) if Path(one).is_dir() else [Path(one)])]
images = [pydicom.dcmread(file) for file in files]
of_ct = images[0].Modality == 'CT'
maker = hd.legacy.LegacyConvertedEnhancedCTImage if of_ct else hd.legacy.LegacyConvertedEnhancedMRImage
made = maker(
    images, series_instance_uid=generate_uid(), series_number=901, sop_instance_uid=generate_uid(), instance_number=1
)


def item(**values):
    one = Dataset()
    for name, value in values.items():
        setattr(one, name, value)
    return one


def enhanced_ct(image):
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = '1.2.840.10008.5.1.4.1.1.2.1'
    first = images[0]
    image.ImageType = ['ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE']
    image.AcquisitionDateTime = f'{first.AcquisitionDate}{first.AcquisitionTime}'
    image.AcquisitionDuration = 1.0
    image.ContentQualification = 'PRODUCT'
    image.VolumetricProperties, image.VolumeBasedCalculationTechnique = 'VOLUME', 'NONE'
    image.PixelPresentation, image.PresentationLUTShape = 'MONOCHROME', 'IDENTITY'
    image.BurnedInAnnotation, image.LossyImageCompression = 'NO', '00'
    # Bits Stored of Enhanced CT are as many as are allocated, or 12.
    shared = image.SharedFunctionalGroupsSequence[0]
    for name in ['UnassignedSharedConvertedAttributesSequence']:
        if name in shared:
            delattr(shared, name)
    frame_type = dict(
        FrameType=['ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE'], PixelPresentation='MONOCHROME',
        VolumetricProperties='VOLUME', VolumeBasedCalculationTechnique='NONE',
    )
    shared.CTImageFrameTypeSequence = [item(**frame_type)]
    shared.CTAcquisitionTypeSequence = [
        item(AcquisitionType='SEQUENCED', TubeAngle=0.0, ConstantVolumeFlag='NO', FluoroscopyFlag='NO')
    ]
    kernel = first.get('ConvolutionKernel', 'STANDARD')
    shared.CTReconstructionSequence = [
        item(
            ReconstructionAlgorithm='FILTER_BACK_PROJ', ConvolutionKernel=kernel, ConvolutionKernelGroup='BRAIN',
            ReconstructionDiameter=float(first.get('ReconstructionDiameter', 250)), ReconstructionAngle=360.0,
        )
    ]
    shared.CTExposureSequence = [
        item(ExposureTimeInms=float(first.get('ExposureTime', 1000)), XRayTubeCurrentInmA=200.0, ExposureInmAs=200.0,
             ExposureModulationType='NONE')
    ]
    shared.CTXRayDetailsSequence = [item(KVP=float(first.KVP), FocalSpots=[1.0], FilterType='NONE')]
    for group in image.PerFrameFunctionalGroupsSequence:
        for name in ['UnassignedPerFrameConvertedAttributesSequence', 'ConversionSourceAttributesSequence',
                     'CTImageFrameTypeSequence']:
            if name in group:
                delattr(group, name)


if kind == 'enhanced':
    enhanced_ct(made)
made.save_as(out)
