"""Detectors that score windows of a stream: charts, trees and networks, under one contract."""
