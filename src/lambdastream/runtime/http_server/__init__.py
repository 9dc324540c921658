"""HTTP/1.1 connections of a server: requests read, answers written, back-pressure."""
