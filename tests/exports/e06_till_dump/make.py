"""Write a till's dump as it comes in Germany: Windows-1252, semicolons, decimal commas, day and time in two columns."""

import sys
from pathlib import Path

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
LINES = (
    "Kassenjournal Filiale 7 – Mai 2024",
    "Beleg-Nr.;Datum;Uhrzeit;Kundenkarte;Art.-Nr.;Bezeichnung;Menge;Einzelpreis (€);Rabatt (€);Vorgang",
    "0004711;03.05.2024;08:12:00;7000001;00042;Käse mild;0,350;19,90;0,00;Verkauf",
    "0004711;03.05.2024;08:12:00;7000001;00043;Brötchen;6;0,45;0,20;Verkauf",
    "0004712;03.05.2024;08:15:30;7000001;00043;Brötchen;-2;0,45;0,00;Storno",
    "0004713;03.05.2024;23:59:59;;00043;Brötchen;1;0,45;0,00;Verkauf",
    "0004714;04.05.2024;00:00:00;7000002;99999;Pfandrückgabe;-1;3,25;0,00;Pfand",
    "0004715;31.04.2024;09:00:00;7000002;00043;Brötchen;1;0,45;0,00;Verkauf",
    "0004716;04.05.2024;09:00:00;7000002;00044;Kaviar;1;1.234,50;0,00;Verkauf",
    "Summe;;;;;;;1.259,86;0,20;",
)
target = folder / "raw" / "kasse" / "2024-05.csv"
target.parent.mkdir(parents=True, exist_ok=True)
target.write_bytes(("\r\n".join(LINES) + "\r\n").encode("cp1252"))
