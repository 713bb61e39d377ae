"""Findings for people and for code hosts: text for the terminal, a page of HTML, and SARIF."""

from kg.reports.page import report_html
from kg.reports.sarif import report_sarif
from kg.reports.text import report_text

__all__ = ["report_html", "report_sarif", "report_text"]
