"""What scores windows of a stream: classical charts, trees and networks, under one contract."""
