"""What certificates say and how: issuers, titles, captions, and the sentences of a verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Issuer:
    """Who writes certificates. None of them exists. `dates` and `layout` are its house style."""

    name: str
    town: str
    prefix: str
    dates: str
    layout: str
    decimal: str = "."


ISSUERS = (
    Issuer("Nordlicht Metrologie GmbH", "Kiel", "NLM", "%d.%m.%Y", "lines", ","),
    Issuer("Calder Valley Standards Ltd", "Halifax", "CVS", "%d %B %Y", "letter"),
    Issuer("Etalonnage du Vercors SA", "Grenoble", "EDV", "%d/%m/%Y", "leaders", ","),
    Issuer("Prairie Radiation Services Inc.", "Saskatoon", "PRS", "%B %d, %Y", "columns"),
    Issuer("Hida Keisoku K.K.", "Takayama", "HK", "%Y-%m-%d", "sections"),
    Issuer("Laboratory East for Dosimetry", "Graz", "LED", "%Y-%m-%d", "capitals"),
)

TITLES = {
    "calibration_certificate": ("Calibration certificate", "Certificate of calibration", "Calibration report"),
    "leak_test": ("Leak test report", "Wipe test certificate", "Sealed source contamination check"),
    "source_certificate": ("Certificate of a sealed source", "Radioactive source certificate", "Source data sheet"),
    "conformity_declaration": (
        "Declaration of conformity",
        "EU declaration of conformity",
        "Manufacturer's declaration",
    ),
    "acceptance_test": ("Factory acceptance test", "Final inspection record", "Acceptance protocol"),
}
STANDARDS = {
    "calibration_certificate": ("ISO/IEC 17025", "IEC 60846-1", "ANSI N42.22"),
    "leak_test": ("ISO 9978", "ISO 2919", "ANSI N43.6"),
    "source_certificate": ("ISO 2919", "ISO/IEC 17025", "ANSI N42.22"),
    "conformity_declaration": ("EN 61010-1", "EN IEC 61326-1", "IEC 62327"),
    "acceptance_test": ("IEC 62327", "IEC 60846-1", "IEEE 325"),
}
SUBJECTS = {
    "calibration_certificate": ("The response was compared with the reference field of our laboratory.",
                                "Readings were taken at five distances from the reference source."),
    "leak_test": ("The surface was wiped with a moist cotton swab and the swab was counted.",
                  "The capsule was immersed for 24 hours and the water was counted."),
    "source_certificate": ("Activity was determined by comparison with a national standard.",
                           "The capsule is of stainless steel, welded, with a serial number engraved."),
    "conformity_declaration": ("The object of the declaration is in conformity with the harmonised legislation.",
                               "We declare under our sole responsibility that the product named below was designed "
                               "as the technical file says."),
    "acceptance_test": ("The unit was switched on for 24 hours before the measurements.",
                        "Resolution, background and high voltage were measured before shipment."),
}  # fmt: skip
"""Sentences that show what kind of document it is."""

VERDICTS = {
    "pass": ("All results are within the limits.", "The item meets the requirements.", "Result: satisfactory.",
             "No objection to further use."),
    "fail": ("The limit is exceeded.", "The item does not meet the requirements.", "Result: not satisfactory.",
             "The item has to be taken out of use."),
    "conditional": ("The item may be used until it has been adjusted, with the correction stated.",
                    "Within limits after adjustment only.", "Result: satisfactory with restrictions.",
                    "Use is permitted for indoor measurements only."),
}  # fmt: skip

QUANTITIES = {
    "calibration_certificate": ("Deviation of the response", "%", 5.0),
    "leak_test": ("Removable activity", "Bq", 185.0),
    "source_certificate": ("Expanded uncertainty of the activity", "%", 3.0),
    "conformity_declaration": ("Leakage current of the housing", "mA", 0.5),
    "acceptance_test": ("Energy resolution at 662 keV", "%", 7.5),
}
"""What is measured in such a document, its unit and its limit."""

NUCLIDES = {
    "Am-241": ("Am-241", "241Am", "Americium-241"),
    "Cs-137": ("Cs-137", "137Cs", "Caesium-137", "Cesium-137"),
    "Co-60": ("Co-60", "60Co", "Cobalt-60"),
    "Eu-152": ("Eu-152", "152Eu", "Europium-152"),
}
WITHOUT_SOURCE = {"conformity_declaration": 1.0, "acceptance_test": 0.35}
"""How often such a document names no source."""

CAPTIONS = {
    "certificate_number": ("Certificate no.", "Document no.", "Our reference", "Report number"),
    "serial_number": ("Serial number", "S/N", "Item identification", "Unit no."),
    "issued_on": ("Date of issue", "Issued", "Date"),
    "valid_until": ("Valid until", "Next test due", "Recommended recalibration"),
    "issuer": ("Issued by", "Laboratory", "Body"),
    "radionuclide": ("Radionuclide", "Source", "Nuclide"),
    "standard": ("Standard", "Method", "According to"),
    "result": ("Result", "Measured", "Value"),
}
BOILERPLATE = (
    "This certificate may be reproduced in full only.",
    "The results refer to the item tested alone.",
    "Uncertainties are stated for k = 2, a coverage of about 95 %.",
    "Whether the item meets or does not meet a customer's own requirements is not part of this document.",
    "Traceable to national standards.",
    "If the seal is damaged, the certificate is void.",
)
MODELS = ("DT-200 NaI probe", "LB-15 LaBr3 probe", "Cadmium imager C9", "GeCool 60 spectrometer", "Portal P4 panel")
LOOKALIKES = {"0": "O", "O": "0", "1": "l", "l": "1", "5": "S", "S": "5", "e": "c", ".": ",", "B": "8"}
"""What a scanner takes for what."""
