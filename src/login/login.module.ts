import { Module } from '@nestjs/common';
import { LoginController } from './login.controller.js';
import { LoginRepository } from './login.repository.js';
import { LoginService } from './login.service.js';
import { TermsCache } from './terms-cache.js';

@Module({ controllers: [LoginController], providers: [LoginService, LoginRepository, TermsCache] })
export class LoginModule {}
