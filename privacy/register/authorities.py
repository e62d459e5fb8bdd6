"""To whom one may complain: the supervisory authority of each place, by residence.

The directory covers the European Union and Economic Area (GDPR Art. 77), the United Kingdom, Switzerland and California. Somebody
whose residence is unknown, or who lives elsewhere, is shown the directory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Authority:
    """One authority: `DE`, `US-CA`; its own name, and its site."""

    residence: str
    place: str
    name: str
    site: str


DIRECTORY: Final = (
    Authority("AT", "Austria", "Datenschutzbehörde", "https://www.dsb.gv.at"),
    Authority("BE", "Belgium", "Autorité de protection des données", "https://www.dataprotectionauthority.be"),
    Authority("BG", "Bulgaria", "Commission for Personal Data Protection", "https://www.cpdp.bg"),
    Authority("HR", "Croatia", "Agencija za zaštitu osobnih podataka", "https://azop.hr"),
    Authority("CY", "Cyprus", "Commissioner for Personal Data Protection", "https://www.dataprotection.gov.cy"),
    Authority("CZ", "Czechia", "Úřad pro ochranu osobních údajů", "https://uoou.gov.cz"),
    Authority("DK", "Denmark", "Datatilsynet", "https://www.datatilsynet.dk"),
    Authority("EE", "Estonia", "Andmekaitse Inspektsioon", "https://www.aki.ee"),
    Authority("FI", "Finland", "Tietosuojavaltuutetun toimisto", "https://tietosuoja.fi"),
    Authority("FR", "France", "Commission nationale de l'informatique et des libertés", "https://www.cnil.fr"),
    Authority(
        "DE",
        "Germany",
        "Die Bundesbeauftragte für den Datenschutz und die Informationsfreiheit",
        "https://www.bfdi.bund.de",
    ),
    Authority("GR", "Greece", "Hellenic Data Protection Authority", "https://www.dpa.gr"),
    Authority("HU", "Hungary", "Nemzeti Adatvédelmi és Információszabadság Hatóság", "https://www.naih.hu"),
    Authority("IS", "Iceland", "Persónuvernd", "https://www.personuvernd.is"),
    Authority("IE", "Ireland", "Data Protection Commission", "https://www.dataprotection.ie"),
    Authority("IT", "Italy", "Garante per la protezione dei dati personali", "https://www.garanteprivacy.it"),
    Authority("LV", "Latvia", "Datu valsts inspekcija", "https://www.dvi.gov.lv"),
    Authority("LI", "Liechtenstein", "Datenschutzstelle", "https://www.datenschutzstelle.li"),
    Authority("LT", "Lithuania", "Valstybinė duomenų apsaugos inspekcija", "https://vdai.lrv.lt"),
    Authority("LU", "Luxembourg", "Commission nationale pour la protection des données", "https://cnpd.public.lu"),
    Authority("MT", "Malta", "Information and Data Protection Commissioner", "https://idpc.org.mt"),
    Authority("NL", "Netherlands", "Autoriteit Persoonsgegevens", "https://www.autoriteitpersoonsgegevens.nl"),
    Authority("NO", "Norway", "Datatilsynet", "https://www.datatilsynet.no"),
    Authority("PL", "Poland", "Urząd Ochrony Danych Osobowych", "https://uodo.gov.pl"),
    Authority("PT", "Portugal", "Comissão Nacional de Proteção de Dados", "https://www.cnpd.pt"),
    Authority(
        "RO",
        "Romania",
        "Autoritatea Națională de Supraveghere a Prelucrării Datelor cu Caracter Personal",
        "https://www.dataprotection.ro",
    ),
    Authority("SK", "Slovakia", "Úrad na ochranu osobných údajov", "https://dataprotection.gov.sk"),
    Authority("SI", "Slovenia", "Informacijski pooblaščenec", "https://www.ip-rs.si"),
    Authority("ES", "Spain", "Agencia Española de Protección de Datos", "https://www.aepd.es"),
    Authority("SE", "Sweden", "Integritetsskyddsmyndigheten", "https://www.imy.se"),
    Authority(
        "CH",
        "Switzerland",
        "Eidgenössischer Datenschutz- und Öffentlichkeitsbeauftragter",
        "https://www.edoeb.admin.ch",
    ),
    Authority("GB", "United Kingdom", "Information Commissioner's Office", "https://ico.org.uk"),
    Authority("US-CA", "California", "Attorney General of California", "https://oag.ca.gov/privacy"),
    Authority("US-CA", "California", "California Privacy Protection Agency", "https://cppa.ca.gov"),
)


def of(residence: str) -> tuple[Authority, ...]:
    """The authorities of where somebody lives; none where that is unknown or not in the directory."""
    return tuple(authority for authority in DIRECTORY if authority.residence == residence)
