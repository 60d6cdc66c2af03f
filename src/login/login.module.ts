import { Module } from '@nestjs/common';
import { AuthzenConfigurationController } from './authzen/authzen-configuration.controller.js';
import { AuthzenController } from './authzen/authzen.controller.js';
import { AuthzenService } from './authzen/authzen.service.js';
import { LoginController } from './login.controller.js';
import { LoginRepository } from './login.repository.js';
import { LoginService } from './login.service.js';

@Module({
  controllers: [LoginController, AuthzenController, AuthzenConfigurationController],
  providers: [LoginService, LoginRepository, AuthzenService],
})
export class LoginModule {}
