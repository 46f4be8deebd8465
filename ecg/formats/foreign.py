"""Formats that people have and that have no reader here, and what makes a recording of them that has one."""

from ecg.formats.format import Foreign

BIOSIG = "convert it with BioSig (save2gdf -f=EDF FILE FILE.edf), and send the EDF"

FOREIGN = (
    Foreign(
        "a PDF, which holds a drawing of an ECG and no samples",
        "export the recording itself: from Kardia and Apple Health as CSV, from a hospital's system as DICOM, SCP-ECG, "
        "HL7 aECG or XML; what is on paper alone can be digitised with PMcardio or ECG-Digitiser",
        beginnings=(b"%PDF",),
        extensions=(".pdf",),
    ),
    Foreign(
        "a picture",
        "send the samples; what is on paper alone can be digitised with PMcardio or ECG-Digitiser",
        beginnings=(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*"),
        extensions=(".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".bmp", ".heic", ".webp"),
    ),
    Foreign(
        "HDF5, which is also what MATLAB writes as version 7.3",
        "save it as a CSV (h5dump, h5py), or from MATLAB with save -v7",
        beginnings=(b"\x89HDF\r\n\x1a\n", b"MATLAB 7.3"),
        extensions=(".h5", ".hdf5"),
    ),
    Foreign("GDF", BIOSIG, beginnings=(b"GDF 1", b"GDF 2"), extensions=(".gdf",)),
    Foreign("MFER", BIOSIG, beginnings=(b"@  MFR",), extensions=(".mwf", ".mfer")),
    Foreign("CFWB of LabChart", BIOSIG, beginnings=(b"CFWB",), extensions=(".cfwb", ".adibin")),
    Foreign(
        "a file of LabChart",
        "export it as text from LabChart, or read it with the Python package adi-reader",
        extensions=(".adicht",),
    ),
    Foreign("a file of AcqKnowledge", "convert it with acq2txt of the Python package bioread", extensions=(".acq",)),
    Foreign("BrainVision", BIOSIG, beginnings=(b"Brain Vision",), extensions=(".vhdr", ".eeg", ".vmrk")),
    Foreign("XDF", "save it as a CSV with the Python package pyxdf", beginnings=(b"XDF:",), extensions=(".xdf",)),
    Foreign(
        "the index of an Apple Health export",
        "send one of the CSV files in its folder electrocardiograms",
        beginnings=(b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE HealthData',),
    ),
    Foreign(
        "XML of another kind than HL7 aECG, MUSE's and Philips'",
        "export it as HL7 aECG, DICOM or SCP-ECG; the Python package ecgdatakit reads some others",
        extensions=(".xml",),
    ),
    Foreign(
        "a workbook", "save the sheet as a CSV", beginnings=(b"\xd0\xcf\x11\xe0",), extensions=(".xlsx", ".xls", ".ods")
    ),
    Foreign(
        "an array of NumPy, or a table of a data base of Python's",
        "save it as a CSV",
        beginnings=(b"\x93NUMPY", b"PAR1", b"ARROW1"),
        extensions=(".npy", ".npz", ".parquet", ".pkl", ".pickle", ".feather"),
    ),
    Foreign(
        "packed, and no zip",
        "unpack it, or pack it as a zip",
        beginnings=(b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ"),
        extensions=(".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz"),
    ),
    Foreign(
        "JSON",
        "send its signals as application/json, by name of the lead, as the documentation shows",
        extensions=(".json",),
    ),
    Foreign(
        "a file of a vendor's own format",
        "export it from the vendor's program as EDF, DICOM, SCP-ECG, HL7 aECG or ISHNE; BioSig (save2gdf -f=EDF) and "
        "the Python package ecgdatakit convert some of them",
        extensions=(".ecg", ".mit", ".holter", ".hol", ".nat", ".rhy", ".arc", ".xle", ".bin", ".raw", ".ecgx"),
    ),
)
