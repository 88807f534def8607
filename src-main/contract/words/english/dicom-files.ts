/** DICOM files: their elements, where they lie, how they are sent. */
export const DICOM_FILES = {
  'E_NESTING/sequences': ['Sequences are nested too deeply.', 'Export the series again.'],
  'E_ELEMENT/value': ['A value inside the data set is damaged.', 'Copy or export the file again.'],
  'E_NESTING/levels': [
    'Sequences are nested deeper than {levels} levels at byte {at}.',
    'Export the series again.',
  ],
  'E_TRUNCATED/past-end': [
    'The file is damaged: the element {element:text} at byte {at} runs past its end.',
    'Copy or export the file again.',
  ],
  'E_TRUNCATED/inside': [
    'The file is damaged: the file ends at byte {end}, inside the element at byte {at}.',
    'Copy or export the file again.',
  ],
  'E_TRUNCATED/open-sequence': [
    'The file is damaged: a sequence is not closed, or a delimiter stands alone, at byte {at}.',
    'Copy or export the file again.',
  ],
  'E_TRUNCATED/deflated': [
    'The file is damaged: the deflated data set ends early.',
    'Copy or export the file again.',
  ],
  'E_BOMB/elements': ['The file has more than {most} elements on one level.', 'Export the series again.'],
  'E_BOMB/deflated': [
    'The deflated data set is larger than {most} bytes.',
    'Convert it to Explicit VR Little Endian first, if you trust it.',
  ],
  'E_TS_MISMATCH/vr': [
    'The file contradicts its transfer syntax: the data set is in {found:vr} VR.',
    'Export the series again, or correct the transfer syntax.',
  ],
  'E_TS_MISMATCH/endian': [
    'The file contradicts its transfer syntax: the data set is in {found:endian} endian.',
    'Export the series again, or correct the transfer syntax.',
  ],
  'E_TS_MISMATCH/pixels': [
    'The file contradicts its transfer syntax: the pixel data is {found:encapsulation} where the syntax says otherwise.',
    'Export the series again, or correct the transfer syntax.',
  ],
  'E_TS_MISMATCH/deflated': [
    'The file contradicts its transfer syntax: the data set is not deflated.',
    'Export the series again, or correct the transfer syntax.',
  ],
  'E_TS_MISMATCH/no-vr': [
    'The file contradicts its transfer syntax: no value representation is known at byte {at}.',
    'Export the series again, or correct the transfer syntax.',
  ],
  'E_TS_MISMATCH/undefined-length': [
    'The file contradicts its transfer syntax: the element at byte {at} may not have an undefined length.',
    'Export the series again, or correct the transfer syntax.',
  ],
  'E_TS_MISMATCH/fragments': [
    'The file contradicts its transfer syntax: fragments in big endian at byte {at}.',
    'Export the series again.',
  ],
  'E_ELEMENT/twice': [
    'The element {element:text} appears twice.',
    'Export the series again; which value counts is not guessed.',
  ],
  'E_NO_META/compressed': [
    'The file has compressed pixels but no file meta information, which would name their compression.',
    'Export it again as a DICOM Part 10 file.',
  ],
  'E_NO_META/encoding': [
    'The file meta information is missing, and the data set does not show its encoding.',
    'Export it again as a DICOM Part 10 file.',
  ],
  'E_NOT_DICOM/other': ['The file is not a DICOM file.', 'Leave it out, or export the series again.'],
  'E_TS_MISSING/unnamed': [
    'The file meta information names no transfer syntax.',
    'Export the series again; the encoding is not guessed.',
  ],
  'E_INTERNAL/text-vr': [
    'A text to be written does not fit value representation {vr:text}.',
    'Shorten the model name, or report this.',
  ],
  'E_PIXEL_LENGTH/value-length': [
    'A value is too long to be written.',
    'Split the series into smaller instances first.',
  ],
  'E_TS_UNSUPPORTED/syntax': [
    'The transfer syntax {uid:text} is not supported.',
    "Convert the series to Explicit VR Little Endian first, for example with GDCM's gdcmconv.",
    'edge',
  ],
  'E_TS_UNSUPPORTED/invalid': [
    'The transfer syntax is not a valid UID.',
    "Convert the series to Explicit VR Little Endian first, for example with GDCM's gdcmconv.",
    'edge',
  ],
  'E_PATH_ESCAPE/dicomdir': [
    'The DICOMDIR references a path outside its folder.',
    'Open the folder with the images instead.',
  ],
  'E_BOMB/gzip': [
    'The file inflates to more than {times} times its size.',
    'Unpack it yourself first, if you trust it.',
  ],
  'E_ZIP/gzip': ['The compressed file is damaged or truncated.', 'Copy the file again.'],
  'E_ZIP/encrypted': ['The file is encrypted.', 'Unpack the archive first.'],
  'E_ZIP/method': ['The file is compressed in a way that is not supported.', 'Unpack the archive first.'],
  'E_BOMB/archived-file': [
    'The file inflates to more than {times} times its size in the archive.',
    'Unpack the archive yourself first, if you trust it.',
  ],
  'E_ZIP/entry': ['The file is damaged in the archive.', 'Copy or make the archive again.'],
  'E_BOMB/archive-entries': [
    'The archive has more than {most} entries.',
    'Unpack it yourself first, if you trust it.',
  ],
  'E_BOMB/archive-file': [
    'The archive holds a file over {most} bytes.',
    'Unpack it yourself first, if you trust it.',
  ],
  'E_BOMB/archive-total': [
    'The archive inflates to over {most} bytes.',
    'Unpack it yourself first, if you trust it.',
  ],
  'E_BOMB/archive-overlap': [
    'The archive has entries that overlap.',
    'Unpack it yourself first, if you trust it.',
  ],
  'E_PATH_ESCAPE/archive-entry': [
    'An entry of the archive leads outside of it.',
    'Make the archive again, without such paths.',
  ],
  'E_ZIP/archive': ['The archive is damaged or of an unknown kind.', 'Copy it again, or unpack it first.'],
  'E_ZIP/left-out': ['An archive was left out. {why:saying}', '{why:remedy}'],
  'W_UNREADABLE/folder': ['A folder was left out. {why:saying}', '{why:remedy}'],
  'W_UNREADABLE/link': ['A link was left out. {why:saying}', '{why:remedy}'],
  'W_UNREADABLE/dead-link': [
    'A link was left out. What it points to is not there.',
    'Check the path; fetch the content first where a data set is kept by git-annex.',
  ],
  'W_UNREADABLE/linked-folder': [
    'A link to a folder was left out.',
    'Copy the folder itself into the input, or give it as one.',
  ],
  'W_UNREADABLE/no-file': ['A pipe, socket or device was left out.', 'Nothing to do: images lie in files.'],
  'E_PATH_ESCAPE/link': [
    'A link leads outside the input.',
    'Give the folder that holds what it leads to as well (of a data set kept by git-annex its root), or the file itself, or copy the file into the folder.',
  ],
  'E_BOMB/file': ['The file is larger than {most} bytes.', 'Split it into single images first.'],
  'E_NOT_FOUND/tls': [
    'A file of the TLS settings cannot be read.',
    'Check the paths of the authority, the certificate and the key.',
  ],
  'E_NETWORK/association': [
    'The other side ended the association in the middle.',
    'Check host, port and title of the target, and that it is running and knows this machine.',
  ],
  'E_NETWORK/protocol': [
    'The other side does not keep to the DICOM protocol: {said:text}',
    'Check that host and port are those of a DICOM application.',
  ],
  'E_NETWORK/connection': [
    '{why:connection}',
    'Check host, port and title of the target, and that it is running and knows this machine.',
  ],
  'E_NETWORK/refused': [
    'The network refused ({code:text}).',
    'Check host, port and title of the target, and that it is running and knows this machine.',
  ],
  'E_NETWORK/rejected': [
    'The other side refused the association: {why:rejection}.',
    'Have its administrator enter the title, host and port of this machine, and check its own title.',
  ],
  'E_NETWORK/rejected-otherwise': [
    'The other side refused the association: reason {code:text}.',
    'Have its administrator enter the title, host and port of this machine, and check its own title.',
  ],
  'E_NETWORK/port-in-use': ['The port is in use.', 'Choose another port, or end the program that has it.'],
  'E_NETWORK/port': ['The port cannot be opened.', 'Choose another port, or end the program that has it.'],
  'E_NO_META/instance': [
    'The file does not say which instance it is.',
    'Export it again as a DICOM Part 10 file.',
  ],
  'E_ELEMENT/odd': [
    'The data set has an odd number of bytes, which no DICOM message can carry.',
    'Export it again: every value has an even length.',
  ],
  'E_NETWORK/dicomweb': [
    'The DICOMweb service cannot be reached.',
    'Check its address, and that it is running.',
  ],
  'E_NETWORK/dicomweb-status': [
    'The DICOMweb service answered {status:raw}: {why:refusal}.',
    'Check its address and the token, or ask its administrator.',
  ],
} as const;
